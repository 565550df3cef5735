// Negative elements become zero.
int * func_1(int a[])
{
    for (int p_0 = 0; p_0 <= 4; p_0++)
    {
        if (a[p_0] < 0)
        {
            a[p_0] = 0;
        }
    }
    return a;
}
