//! test parse ir interp

int fibonacci(int n)
{
    int f[20];
    f[0] = 0;
    f[1] = 1;
    for (int i = 2; i <= n; i++)
    {
        f[i] = f[i - 1] + f[i - 2];
    }
    return f[n];
}

int initialised(int i)
{
    int a[5] = {10, 20, -30};
    int b[] = {1, 2};
    return a[i] + b[0];
}

int zeros(int i)
{
    int a[100] = {7};
    return a[i];
}
//! run fibonacci(10) == 55
//! run fibonacci(19) == 4181
//! run fibonacci(20) traps out_of_bounds
//! run initialised(1) == 21
//! run initialised(2) == -29
//! run initialised(4) == 1
//! run initialised(5) traps out_of_bounds
//! run zeros(0) == 7
//! run zeros(99) == 0
