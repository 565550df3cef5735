//! test parse ir interp

// As in C11: the left side of `<<` must not be negative and no bit may be lost.
int left(int a, int b)
{
    return a << b;
}

int right(int a, int b)
{
    return a >> b;
}

int by_constant(int a)
{
    return (a << 4) + (a >> 1);
}
//! run left(3, 4) == 48
//! run left(0, 31) == 0
//! run left(1, 30) == 1073741824
//! run left(1, 31) traps bad_shift
//! run left(-1, 1) traps bad_shift
//! run left(-1, 0) traps bad_shift
//! run left(1, 32) traps bad_shift
//! run left(1, -1) traps bad_shift
//! run right(-8, 1) == -4
//! run right(-1, 31) == -1
//! run right(5, 32) traps bad_shift
//! run by_constant(6) == 99
