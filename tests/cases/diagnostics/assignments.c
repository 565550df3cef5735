int f(int a[], int x)
{
    a = 1; //~ E0016 the array `a` cannot be assigned as a whole
    1 = x; //~ E0016 this cannot be assigned to
    x + 1 = 2; //~ E0016 this cannot be assigned to
    x++ = 2; //~ E0016 this cannot be assigned to
    f(a, x)++; //~ E0016 this cannot be assigned to
    ++5; //~ E0016 this cannot be assigned to
    (x) = 3;
    x ? x : x = 4; //~ E0016 this cannot be assigned to
    a++; //~ E0016 the array `a` cannot be assigned as a whole
    return x;
}
