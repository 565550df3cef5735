//! test parse ir interp

int divide(int a, int b)
{
    return a / b;
}

int remainder_of(int a, int b)
{
    return a % b;
}

int by_constants(int a)
{
    return a / 3 + a % 4 + a / (-1);
}
//! run divide(1, 0) traps divide_by_zero
//! run divide(-2147483648, -1) traps integer_overflow
//! run divide(-2147483648, 1) == -2147483648
//! run divide(-2147483648, 2) == -1073741824
//! run remainder_of(1, 0) traps divide_by_zero
//! run remainder_of(-2147483648, -1) traps integer_overflow
//! run by_constants(13) == -8
//! run by_constants(-2147483648) traps integer_overflow
