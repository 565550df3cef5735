int two(int a[], int n)
{
    return a[n];
}

void nothing()
{
}

int f(int a[], int x)
{
    x = two(a); //~ E0014 `two` takes 2 arguments, but 1 is given
    x = two(a, 1, 2); //~ E0014 `two` takes 2 arguments, but 3 are given
    nothing(1); //~ E0014 `nothing` takes 0 arguments, but 1 is given
    x = two(x, 1); //~ E0015 the parameter `a` is a pointer, and this is an `int`
    x = two(a, a); //~ E0015 the array `a` is used as an `int`
    x = nothing(); //~ E0015 `nothing` returns nothing, but its value is used
    x = x(1); //~ E0015 `x` is a variable and cannot be called
    x = f + 1; //~ E0015 the function `f` is used as a variable
    return x;
}
