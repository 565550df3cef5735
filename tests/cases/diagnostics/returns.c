int * array(int a[], int x)
{
    int b[2] = {1, 2};
    if (x == 0)
    {
        return b; //~ E0019 the array `b` ends with the function that returns it
    }
    if (x == 1)
    {
        return x; //~ E0018 `array` must return an array
    }
    if (x == 2)
    {
        return; //~ E0018 `array` must return a value
    }
    return a;
}

void nothing(int x)
{
    return x; //~ E0018 `nothing` returns nothing, but here is a value
}

int number(int a[])
{
    if (a[0])
    {
        return nothing(1); //~ E0018 `number` must return a value
    }
    return a; //~ E0018 `number` must return an `int`
}
