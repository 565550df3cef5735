//! test parse ir interp

int * reverse(int a[])
{
    for (int i = 0; i < 2; i++)
    {
        int t = a[i];
        a[i] = a[4 - i];
        a[4 - i] = t;
    }
    return a;
}

int dot(int a[], int * b, int n)
{
    int total = 0;
    for (int i = 0; i < n; i++)
    {
        total += a[i] * b[i];
    }
    return total;
}
//! run reverse([1, 2, 3, 4, 5]) == [5, 4, 3, 2, 1]
//! run dot([1, 2, 3], [4, 5, 6], 3) == 32
//! run dot([], [], 0) == 0
