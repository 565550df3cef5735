//! test parse ir interp

int * larger(int a[], int b[])
{
    if (a[0] > b[0])
    {
        return a;
    }
    return b;
}

int * bump(int a[])
{
    a[0]++;
    return a;
}

int * outer(int a[], int b[])
{
    return bump(larger(a, bump(b)));
}

int local_passed(int x)
{
    int a[2] = {x, 1};
    bump(a);
    return a[0];
}
//! run larger([3], [2]) == [3]
//! run outer([5], [1]) == [6]
//! run outer([5], [5]) == [7]
//! run local_passed(4) == 5
