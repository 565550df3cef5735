//! test parse ir interp

int p(int a, int b, int c)
{
    return a + b * c - -a % 3 << 1 < b == c | !a;
}

int left_to_right(int a, int b, int c)
{
    return a - b - c + a / b / c;
}

int parentheses(int a, int b, int c)
{
    return (a - (b - c)) * (a + b) % (c + 1);
}
//! run p(1, 2, 3) == 0
//! run left_to_right(100, 5, 2) == 103
//! run parentheses(10, 4, 2) == 1
