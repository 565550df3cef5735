// Each element moves one place to the right; the first stays, the last is lost.
int * func_1(int a[])
{
    for (int p_0 = 4; p_0 >= 1; p_0--)
    {
        a[p_0] = a[p_0 - 1];
    }
    return a;
}
