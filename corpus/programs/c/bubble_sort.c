// Sorts the array: nested loops, a temporary, and an index that is an expression.
int * func_1(int a[])
{
    for (int p_0 = 0; p_0 <= 3; p_0++)
    {
        for (int p_1 = 0; p_1 <= 3; p_1++)
        {
            if (a[p_1] > a[p_1 + 1])
            {
                int l_0 = a[p_1];
                a[p_1] = a[p_1 + 1];
                a[p_1 + 1] = l_0;
            }
        }
    }
    return a;
}
