int f(int x)
{
    break; //~ E0017 `break` outside a loop
    if (x)
    {
        continue; //~ E0017 `continue` outside a loop
    }
    while (x)
        int y = 1; //~ E0023 a declaration cannot stand here without braces
    return x;
}
