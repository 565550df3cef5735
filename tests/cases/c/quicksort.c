//! test parse ir interp

int partition(int a[], int low, int high)
{
    int pivot = a[high];
    int at = low;
    for (int i = low; i < high; i++)
    {
        if (a[i] < pivot)
        {
            int t = a[i];
            a[i] = a[at];
            a[at++] = t;
        }
    }
    a[high] = a[at];
    a[at] = pivot;
    return at;
}

void quicksort(int a[], int low, int high)
{
    if (low < high)
    {
        int at = partition(a, low, high);
        quicksort(a, low, at - 1);
        quicksort(a, at + 1, high);
    }
}
//! run quicksort([3, 6, 1, 9, 2, 8], 0, 5) leaves a == [1, 2, 3, 6, 8, 9]
