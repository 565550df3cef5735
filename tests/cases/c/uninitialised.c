//! test parse ir interp

int sometimes(int c)
{
    int x;
    if (c)
    {
        x = 1;
    }
    return x; //~ E0030 `x` may be read before it is written
}

int both(int c)
{
    int x;
    if (c)
    {
        x = 1;
    }
    else
    {
        x = 2;
    }
    return x;
}

int element(int i)
{
    int a[3];
    a[0] = 1;
    return a[i];
}

int again(int n)
{
    int total = 0;
    while (n > 0)
    {
        int x;
        if (n == 2)
        {
            x = 5;
        }
        if (n <= 2)
        {
            total += x; //~ E0030 may be read
        }
        n--;
    }
    return total;
}
//! run sometimes(1) == 1
//! run sometimes(0) traps uninitialized_read at 10
//! run both(0) == 2
//! run element(0) == 1
//! run element(1) traps uninitialized_read
//! run again(2) traps uninitialized_read
//! run again(0) == 0
