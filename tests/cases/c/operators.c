//! test parse ir interp

// The comma, casts, `sizeof` and `const`.
static int comma(int n)
{
    int i, j, sum = 0;
    for (i = 0, j = n; i < j; i++, j--)
        sum += j - i;
    sum = (i = 3, j = 4, sum * 100 + i * 10 + j);
    return sum;
}

int casts(int x)
{
    return (unsigned char) x + (int) (char) x + (x > 0 ? (short) 70000 : -(short) 3);
}

int sizes(int a[])
{
    char name[10];
    const unsigned long wide = sizeof(unsigned short);
    short s = 1;
    return sizeof name + 100 * sizeof a + 1000 * sizeof s + 10000 * sizeof(s + s) + 100000 * wide;
}

// What stands in `sizeof` is not evaluated.
int unevaluated(int x)
{
    int y;
    return sizeof(x++) + sizeof y + x;
}

int constants(int n)
{
    const int k = n;
    enum { FIRST = -2, SECOND, LAST = SECOND * 10 + (1 << 3) };
    const int table[] = {FIRST, SECOND, LAST};
    return table[k] * k + FIRST;
}

int shift_types(int n)
{
    return (1L << n) >> (n - 1) | (char) 1 << (long) 3;
}
//! run comma(5) == 934
//! run casts(255) == 4718
//! run casts(-1) == 251
//! run sizes([1]) == 242810
//! run unevaluated(3) == 11
//! run constants(2) == -6
//! run shift_types(40) == 10
//! run shift_types(64) traps bad_shift
