int g;
int *good(int *p)
{
    int *q = p;
    return g ? q + 1 : &g;
}

int *bad(int n)
{
    return &n; //~ E0019 the variable `n` ends with the function that returns it
}

int *worse(int a[])
{
    int b[3] = {1, 2, 3};
    int *p = a;
    p = b + 1;
    return good(p); //~ E0019 the array `b` ends with the function that returns it
}

int inner(int a[])
{
    int *p = a;
    for (int i = 0; i < 3; i++) {
        int x = i;
        int *q = &x;
        p = q; //~ E0019 `p` may still point to `x` when that has ended
    }
    return *p;
}

int both(int a[], int n)
{
    int x = 1;
    int *p = &x, *q = a;
    n = *p + x++; //~ E0022 `x` is written and read in no given order
    n = *q + x++;
    n = *p++ + *p; //~ E0022 `p` is written and read in no given order
    n = *q + (*a)++; //~ E0022 `a` is written and read in no given order
    *p = *p + 1;
    *q++ = *q; //~ E0022 `q` is written and read in no given order
    p = p + 1;
    return n;
}

int count()
{
    static int calls;
    return ++calls;
}

int twice()
{
    return count() + count(); //~ E0022 the value depends on which of two writes comes first
}

int memo[10];
int fib(int n)
{
    if (n < 2 || memo[n]) {
        return n < 2 ? n : memo[n];
    }
    return memo[n] = fib(n - 1) + fib(n - 2); //~ E0022 the value depends on which of two writes comes first
}

int shown = 1, hidden = 2;
int through(int *p)
{
    return (*p)++ + hidden;
}

int through_shown(int *p)
{
    return (*p)++ + shown; //~ E0022 `p` is written and read in no given order
}

int pass()
{
    return through_shown(&shown);
}
