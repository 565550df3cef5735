int * same(int a[])
{
    return a;
}

int f(int a[], int x)
{
    x = a; //~ E0015 the array `a` is used as an `int`
    x = a + 1; //~ E0015 this is a pointer, but an `int` is wanted here
    x = x[0]; //~ E0015 `x` is an `int` and has no elements
    x = same(a) + 1; //~ E0015 this is a pointer, but an `int` is wanted here
    x = same(a); //~ E0015 `same` returns an array, but an `int` is wanted
    x = a[a]; //~ E0015 the array `a` is used as an `int`
    int b[1] = {2};
    if (b) //~ E0015 the array `b` is used as an `int`
    {
        x = -a; //~ E0015 the array `a` is used as an `int`
    }
    return x;
}
