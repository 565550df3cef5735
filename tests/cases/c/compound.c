//! test parse ir interp

int all(int x)
{
    x += 5;
    x -= 1;
    x *= 6;
    x /= 4;
    x %= 100;
    x <<= 2;
    x >>= 1;
    x &= 255;
    x |= 3;
    x ^= 1;
    return x;
}

int * in_memory(int a[])
{
    a[0] += a[1];
    a[1] *= a[1];
    a[a[2]] -= 1;
    return a;
}
//! run all(2) == 18
//! run in_memory([1, 2, 1]) == [3, 3, 1]
