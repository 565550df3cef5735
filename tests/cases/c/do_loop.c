//! test parse ir interp

int digits(int n)
{
    int count = 0;
    do
    {
        n /= 10;
        count++;
    }
    while (n);
    return count;
}

int with_continue(int n)
{
    int odd = 0;
    do
    {
        if (n % 2 == 0)
        {
            continue;
        }
        odd++;
    }
    while (--n > 0);
    return odd;
}
//! run digits(0) == 1
//! run digits(12345) == 5
//! run with_continue(7) == 4
//! run with_continue(1) == 1
