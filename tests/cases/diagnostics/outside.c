extern int global; //~ E0002 storage classes are
int later(int x); //~ E0002 declarations of functions without a body are
; //~ E0001 a `;` outside of any function
x = 1; //~ E0001 a function is wanted here, not `x`

int f(int x)
{
    int g(int y) //~ E0002 functions within functions
    {
        return y;
    }
    return x;
}

int h(int x, ...) //~ E0002 variable numbers of arguments are
{
    return x;
}

int k(float x) //~ E0002 floating-point numbers are
{
    return x;
}
