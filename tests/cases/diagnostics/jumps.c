int f(int n)
{
    switch (n) //~ E0002 `switch` is not in the subset
    {
        case 1:
            return 2;
        default:
            break;
    }
    goto end; //~ E0002 `goto` is not in the subset
    n = 1;
end: //~ E0002 labels and `goto` are not in the subset
    return n;
}
