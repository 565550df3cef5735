//! test parse ir interp

int bits(int a, int b)
{
    return (a & b) + (a | b) * 100 + (a ^ b) * 10000 + ~a;
}

int mixed(int a, int b, int c)
{
    return a | b ^ c & a;
}
//! run bits(12, 10) == 61395
//! run mixed(1, 2, 3) == 3
