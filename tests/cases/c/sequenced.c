//! test parse ir interp

// Two accesses with an order between them, or of different things, are fine.
int touch(int a[], int i)
{
    a[i]++;
    return a[i];
}

int pure(int a[], int i)
{
    return a[i];
}

int fine(int a[], int b)
{
    int x = 1;
    int i = 0;
    x = x + 1;
    a[0] = touch(a, 0);
    a[i] = a[i] + x++;
    x = pure(a, 0) + pure(a, 1);
    x = touch(a, 0) && touch(a, 0);
    b = b ? touch(a, 1) : touch(a, 0);
    a[0] = a[1]++ + a[2];
    int c[2] = {i++, b};
    a[2] = touch(a, 2) + c[0];
    return touch(a, 0) + touch(c, 1);
}
//! run fine([1, 2, 3], 1) == 11
