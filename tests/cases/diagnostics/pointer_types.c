int g(int *p, const char *s)
{
    return *p + *s;
}

int *first(int a[])
{
    return a + 1;
}

int f(int a[], const int fixed[], int n, long wide)
{
    int *p = n; //~ E0015 `p` is a pointer, and this is an `int`
    int *q = &wide; //~ E0015 `q` points to `int`, and this to `long`
    int *r = fixed; //~ E0015 `r` may write to this, which is `const`
    int *z = 0;
    const int *k = a;
    p = 5; //~ E0015 `p` is a pointer, and this is an `int`
    p = &5; //~ E0015 this has no address
    p = &(n + 1); //~ E0015 this has no address
    *k = 3; //~ E0016 this is `const` and cannot be written
    k[1] = 3; //~ E0016 `k` is `const` and cannot be written
    n = p; //~ E0015 the pointer `p` is used as an `int`
    n = p + q; //~ E0015 there is no `+` of pointers like these
    n = p * 2; //~ E0015 there is no `*` of pointers like these
    p *= 2; //~ E0015 there is no `*=` of pointers
    n = p == 3; //~ E0015 a pointer is compared with an integer
    n = p < &wide; //~ E0015 pointers to `int` and to `long` have no order
    n = *n; //~ E0015 this is an `int`, and no pointer
    n = n[0]; //~ E0015 `n` is an `int` and has no elements
    n = -p; //~ E0015 the pointer `p` is used as an `int`
    p = n ? a : 1; //~ E0015 the two sides of this `?:` do not have the same type
    p = &q; //~ E0002 pointers to pointers are not in the subset
    "abc"[0] = 'x'; //~ E0016 this is `const` and cannot be written
    n = g(a, "abc") + g(n, "x"); //~ E0015 the parameter `p` is a pointer, and this is an `int`
    n = g("abc", "x"); //~ E0015 the parameter `p` points to `int`, and this to `char`
    n = "abc"; //~ E0015 this is a pointer, but an `int` is wanted
    if (n) {
        return p; //~ E0018 `f` must return an `int`
    }
    switch (p) { //~ E0015 the pointer `p` is used as an `int`
    }
    return *first(a) + *r + *z;
}
