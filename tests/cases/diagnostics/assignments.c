int f(int a[], int x)
{
    int b[2] = {1};
    b = a; //~ E0016 the array `b` cannot be assigned as a whole
    a = 1; //~ E0015 `a` is a pointer, and this is an `int`
    1 = x; //~ E0016 this cannot be assigned to
    x + 1 = 2; //~ E0016 this cannot be assigned to
    x++ = 2; //~ E0016 this cannot be assigned to
    f(a, x)++; //~ E0016 this cannot be assigned to
    ++5; //~ E0016 this cannot be assigned to
    (x) = 3;
    x ? x : x = 4; //~ E0016 this cannot be assigned to
    b++; //~ E0016 the array `b` cannot be assigned as a whole
    &x = a; //~ E0016 this cannot be assigned to
    return x;
}
