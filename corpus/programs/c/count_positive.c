// How many elements are positive; the answer goes to the first.
int * func_1(int a[])
{
    int l_0 = 0;
    for (int p_0 = 0; p_0 <= 4; p_0++)
    {
        if (a[p_0] <= 0)
        {
            continue;
        }
        l_0++;
    }
    a[0] = l_0;
    return a;
}
