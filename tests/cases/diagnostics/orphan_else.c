int f(int n)
{
    n = 4;
    else //~ E0001 `else` without an `if` before it
    {
        n = 5;
    }
    return n;
}
