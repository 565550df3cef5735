//! test parse ir interp

int first_zero(int a[], int n)
{
    int at = -1;
    for (int i = 0; i < n; i++)
    {
        if (a[i] != 0)
        {
            continue;
        }
        at = i;
        break;
    }
    return at;
}

int inner_only(int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
    {
        for (int j = 0; j < n; j++)
        {
            if (j > i)
            {
                break;
            }
            count++;
        }
    }
    return count;
}
//! run first_zero([3, 0, 0], 3) == 1
//! run first_zero([3, 1], 2) == -1
//! run inner_only(4) == 10
