// One run reports mistakes of all functions.
int f(int x)
{
    return y; //~ E0012 unknown variable `y`
}

int g(int x)
{
    return f(); //~ E0014 `f` takes 1 argument, but 0 are given
}
