int f()
{
    int a[99999999999999999999]; //~ E0020 this array is too long
    return 0;
}
