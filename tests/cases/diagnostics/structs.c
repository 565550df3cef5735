struct point //~ E0002 structs are not in the subset
{
    int x;
    int y;
};

union u { int x; }; //~ E0002 unions are not in the subset

typedef int number; //~ E0002 `typedef` is not in the subset

int f(int a)
{
    struct point p; //~ E0002 structs are
    p.x = 1; //~ E0002 structs are
    q->x = 1; //~ E0002 structs are
    return a;
}
