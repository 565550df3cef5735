//! test parse ir interp

int sum(int n)
{
    int total = 0;
    for (int i = 1; i <= n; i++)
    {
        total += i;
    }
    return total;
}

int old_style(int n)
{
    int i;
    int total = 0;
    for (i = n; i > 0; i -= 2)
        total += i;
    return total * 100 + i;
}

int without_parts(int n)
{
    int i = 0;
    for (;;)
    {
        if (i >= n)
        {
            break;
        }
        i++;
    }
    return i;
}
//! run sum(10) == 55
//! run sum(0) == 0
//! run old_style(5) == 899
//! run without_parts(4) == 4
