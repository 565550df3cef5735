// Beyond restricted C: where `wanted` stands in a sorted array of `n` elements, or -1.
int find(int a[], int n, int wanted)
{
    int low = 0;
    int high = n - 1;
    while (low <= high)
    {
        int middle = low + (high - low) / 2;
        if (a[middle] == wanted)
        {
            return middle;
        }
        if (a[middle] < wanted)
        {
            low = middle + 1;
        }
        else
        {
            high = middle - 1;
        }
    }
    return (-1);
}
