//! test parse ir interp

int compare(int a, int b)
{
    return (a < b) + 2 * (a <= b) + 4 * (a > b) + 8 * (a >= b) + 16 * (a == b) + 32 * (a != b);
}
//! run compare(1, 2) == 35
//! run compare(2, 2) == 26
//! run compare(3, 2) == 44
//! run compare(-2147483648, 2147483647) == 35
