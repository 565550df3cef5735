//! test parse ir interp

int sub(int a, int b)
{
    return a - b;
}

int mul(int a, int b)
{
    return a * b;
}

int neg(int a)
{
    return -a;
}

int up(int a)
{
    a++;
    return a;
}

int down(int a)
{
    return --a;
}
//! run sub(-2147483648, 1) traps integer_overflow
//! run sub(0, -2147483648) traps integer_overflow
//! run sub(-1, -2147483648) == 2147483647
//! run mul(65536, 32768) traps integer_overflow
//! run mul(65536, -32768) == -2147483648
//! run neg(-2147483648) traps integer_overflow
//! run neg(5) == -5
//! run up(2147483647) traps integer_overflow at 20
//! run down(-2147483648) traps integer_overflow
