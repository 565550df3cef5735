//! test parse ir interp

// An array declared in a loop is a new one on each turn.
int stale(int n)
{
    int last = 0;
    for (int i = 0; i < n; i++)
    {
        int a[2];
        if (i == 0)
        {
            a[0] = 5;
        }
        last = a[0];
    }
    return last;
}

int counted(int n)
{
    int total = 0;
    for (int i = 0; i < n; i++)
    {
        int a[3] = {i};
        a[1] += a[0];
        total += a[0] + a[1] + a[2];
    }
    return total;
}
//! run stale(1) == 5
//! run stale(2) traps uninitialized_read at 14
//! run counted(4) == 12
//! run counted(5000) == 24995000
