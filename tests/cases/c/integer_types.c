//! test parse ir interp

// Every integer type: what a conversion keeps, and how far a value goes.
int narrow(int x)
{
    signed char c = x;
    unsigned char u = x;
    short s = x;
    unsigned short w = x;
    return c * 1000000 + u * 1000 + (s == x) * 10 + (w == x);
}

int truth(int x)
{
    _Bool b = x;
    return b;
}

int promoted(int x)
{
    unsigned char a = x, b = x;
    return a * b;
}

int compare(int x)
{
    unsigned y = 1u;
    return (x < y) * 100 + ((long) x < y) * 10 + (x < (unsigned char) y);
}

int wrap(int x)
{
    unsigned u = x;
    u = u * u + 1;
    return u >> 16;
}

int wide(int x)
{
    long product = (long) x * x;
    return product / 1000000000;
}

int halves(int x)
{
    unsigned long all = (unsigned long) x << 32 | 0xFFFFFFFF;
    return (int) (all >> 32) + (all == (unsigned long) -1);
}

int divide_unsigned(int x)
{
    return (-7) / (unsigned) x % 1000;
}

int long_overflow(int x)
{
    long most = 9223372036854775807;
    return most + x > 0;
}

int steps(int x)
{
    unsigned char u = x;
    char c = x;
    u++;
    c--;
    u += 250;
    c <<= 1;
    return u * 1000 + c;
}

short first(const short a[], unsigned char i)
{
    return a[i];
}

int pass(int i)
{
    short a[] = {-5, 40000, 7};
    return first(a, i);
}

int many(int n)
{
    unsigned char bytes[300] = {1, 2, 3};
    long sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += bytes[i];
    return sum;
}

int garbage(int i)
{
    char buffer[4];
    buffer[0] = 'a';
    buffer[1] = '\0';
    return buffer[i];
}

int pick(int x)
{
    long l = x ? x : 3000000000;
    return l % 1000;
}
//! run narrow(200) == -55799989
//! run narrow(-1) == -744990
//! run narrow(65535) == -744999
//! run truth(256) == 1
//! run truth(0) == 0
//! run promoted(255) == 65025
//! run compare(-1) == 11
//! run compare(0) == 111
//! run wrap(65535) == 65534
//! run wide(2000000000) == -294967296
//! run wide(-2147483648) == 316718722
//! run halves(-1) == 0
//! run halves(5) == 5
//! run divide_unsigned(2) == 644
//! run divide_unsigned(0) traps divide_by_zero
//! run long_overflow(0) == 1
//! run long_overflow(1) traps integer_overflow
//! run steps(127) == 121996
//! run steps(128) == 122998
//! run steps(0) traps bad_shift
//! run pass(1) == -25536
//! run pass(3) traps out_of_bounds
//! run many(300) == 6
//! run many(301) traps out_of_bounds
//! run garbage(0) == 97
//! run garbage(2) traps uninitialized_read
//! run garbage(4) traps out_of_bounds
//! run pick(0) == 0
//! run pick(-1001) == -1
