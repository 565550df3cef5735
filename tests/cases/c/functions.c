//! test parse ir interp

int square(int x)
{
    return x * x;
}

void clear(int a[], int n)
{
    for (int i = 0; i < n; i++)
    {
        a[i] = 0;
    }
}

int three(void)
{
    return 3;
}

int use(int a[])
{
    clear(a, 2);
    a[0] = square(a[2]) + square(three());
    return a[0] - square(square(2));
}
//! run use([1, 2, 4]) == 9 leaves a == [25, 0, 4]
