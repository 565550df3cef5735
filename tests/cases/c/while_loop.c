//! test parse ir interp

int gcd(int a, int b)
{
    while (b != 0)
    {
        int t = a % b;
        a = b;
        b = t;
    }
    return a;
}

int collatz(int n)
{
    int steps = 0;
    while (n != 1)
    {
        n = n % 2 ? 3 * n + 1 : n / 2;
        steps++;
    }
    return steps;
}
//! run gcd(48, 36) == 12
//! run gcd(7, 0) == 7
//! run collatz(27) == 111
