//! test parse ir interp

// The four operations and the remainder; division goes towards zero.
int add(int a, int b)
{
    return a + b;
}

int rest(int a, int b)
{
    return a - a / b * b;
}

int remainder_of(int a, int b)
{
    return a % b;
}
//! run add(2, 3) == 5
//! run add(2147483647, 0) == 2147483647
//! run add(2147483647, 1) traps integer_overflow at 6
//! run rest(7, 2) == 1
//! run rest(-7, 2) == -1
//! run remainder_of(-7, 2) == -1
//! run remainder_of(7, -2) == 1
