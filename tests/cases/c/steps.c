//! test parse ir interp

int after(int x)
{
    int y = x++;
    return x * 10 + y;
}

int before(int x)
{
    int y = --x;
    return x * 10 + y;
}

int * walk(int a[])
{
    int i = 0;
    a[i++] = 7;
    a[i++] = 8;
    a[--i]++;
    ++a[2];
    return a;
}
//! run after(3) == 43
//! run before(3) == 22
//! run walk([0, 0, 0]) == [7, 9, 1]
