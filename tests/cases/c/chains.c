//! test parse ir interp

int chain(int a[])
{
    int x, y;
    x = y = 3;
    a[0] = a[1] = x + y;
    x += y -= 1;
    return x * 10 + y;
}
//! run chain([0, 0]) == 52 leaves a == [6, 6]
