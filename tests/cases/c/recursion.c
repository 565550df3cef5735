//! test parse ir interp

int factorial(int n)
{
    return n <= 1 ? 1 : n * factorial(n - 1);
}

int fib(int n)
{
    if (n < 2)
        return n;
    return fib(n - 1) + fib(n - 2);
}

int sum(int a[], int n)
{
    return n == 0 ? 0 : a[n - 1] + sum(a, n - 1);
}

int forever(int n)
{
    return forever(n);
}
//! run factorial(10) == 3628800
//! run factorial(13) traps integer_overflow
//! run fib(15) == 610
//! run sum([1, 2, 3, 4], 4) == 10
//! run forever(1) traps call_depth
