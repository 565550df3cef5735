int f(int x)
{
    int x = 1; //~ E0011 `x` is declared twice in this scope
    int y;
    int y = 2; //~ E0011 `y` is declared twice in this scope
    {
        int y = 3;
        x = y;
    }
    return x;
}

int f(int a, int a) //~ E0010 function `f` is defined twice
//~^ E0011 `a` is declared twice
{
    return a;
}
