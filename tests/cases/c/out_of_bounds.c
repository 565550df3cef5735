//! test parse ir interp

int get(int a[], int i)
{
    return a[i];
}

void put(int a[], int i)
{
    a[i] = 1;
}

int third(int a[])
{
    return a[3];
}

int minus_one(int a[])
{
    return a[(-1)];
}

int far(int a[])
{
    return a[1073741824];
}
//! run get([1, 2], 1) == 2
//! run get([1, 2], 2) traps out_of_bounds
//! run get([1, 2], -1) traps out_of_bounds
//! run get([1, 2], 2147483647) traps out_of_bounds
//! run get([1, 2], -2147483648) traps out_of_bounds
//! run put([5], 0) leaves a == [1]
//! run put([5], 1) traps out_of_bounds at 10
//! run third([1, 2, 3]) traps out_of_bounds
//! run minus_one([1]) traps out_of_bounds
//! run far([1]) traps out_of_bounds
