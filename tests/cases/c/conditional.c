//! test parse ir interp

int sign(int a)
{
    return a > 0 ? 1 : a < 0 ? -1 : 0;
}

int lazy(int a, int b)
{
    return b ? a / b : a;
}

int nested(int a)
{
    return a ? a > 5 ? 2 : 1 : 0;
}
//! run sign(5) == 1
//! run sign(-5) == -1
//! run sign(0) == 0
//! run lazy(6, 3) == 2
//! run lazy(6, 0) == 6
//! run nested(7) == 2
//! run nested(3) == 1
//! run nested(0) == 0
