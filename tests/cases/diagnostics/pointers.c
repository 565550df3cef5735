int g(int *p, const char *s)
{
    return *p + *s;
}

int *wrong(int **pp) //~ E0002 pointers to pointers are
{
    return pp[0];
}

int h(int *a[]) //~ E0002 arrays of pointers are
{
    return 0;
}

int k(int (*f)(int)) //~ E0002 pointers to functions and to arrays are
{
    return 0;
}

int v(void *p) //~ E0002 pointers to `void` are
{
    return 0;
}

int c(int *const p) //~ E0002 `const` pointers are
{
    return *p;
}

int f(int a[], int n)
{
    int *all[3]; //~ E0002 arrays of pointers are
    int **pp = a; //~ E0002 pointers to pointers are
    int *t = {a}; //~ E0015 a pointer is not initialised with a list
    int late[2] = {[1] = 5}; //~ E0002 initial values with the places that they are for are
    n = *(long *)a; //~ E0002 casts to pointers are
    n = &&n; //~ E0001 an expression is wanted here
    return n;
}
