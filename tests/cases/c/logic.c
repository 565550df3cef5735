//! test parse ir interp

// Short circuit: the right side runs only where it decides.
int and_then(int a, int b)
{
    return a != 0 && b / a > 1;
}

int or_else(int a, int b)
{
    return a == 0 || b / a > 1;
}

int count(int a)
{
    int n = 0;
    a > 0 && ++n;
    a > 1 || (n += 10);
    if (!(a > 2 && n > 0) || a == 9)
    {
        n += 100;
    }
    return n;
}

int not_not(int a)
{
    return !!a + !a * 10;
}
//! run and_then(0, 5) == 0
//! run and_then(2, 5) == 1
//! run and_then(2, 3) == 0
//! run or_else(0, 5) == 1
//! run or_else(5, 5) == 0
//! run count(0) == 110
//! run count(1) == 111
//! run count(2) == 101
//! run count(3) == 1
//! run count(9) == 101
//! run not_not(7) == 1
//! run not_not(0) == 10
