int f(int a[])
{
    int x = 1 //~ E0003 a `;` is missing
    x = 2;
    a[0] = x //~ E0003 a `;` is missing
    if (x)
    {
        x++ //~ E0003 a `;` is missing
    }
    while (x)
        break //~ E0003 a `;` is missing
    return x //~ E0003 a `;` is missing
}
