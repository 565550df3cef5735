//! test parse ir interp

int * bubble(int a[], int n)
{
    for (int i = 0; i < n; i++)
    {
        for (int j = 0; j < n - 1 - i; j++)
        {
            if (a[j] > a[j + 1])
            {
                int t = a[j];
                a[j] = a[j + 1];
                a[j + 1] = t;
            }
        }
    }
    return a;
}
//! run bubble([5, -1, 4, 2, 0], 5) == [-1, 0, 2, 4, 5]
//! run bubble([1], 1) == [1]
//! run bubble([2, 1], 3) traps out_of_bounds
