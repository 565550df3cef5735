// The larger of the first two elements goes to the last.
int * func_1(int a[])
{
    a[4] = a[0];
    if (a[0] < a[1])
    {
        a[4] = a[1];
    }
    return a;
}
