int counter(int count)
{
    int total = 0;
    totl = 1; //~ E0012 unknown variable `totl`
    total = cuont; //~ E0012 unknown variable `cuont`
    total = elsewhere; //~ E0012 unknown variable `elsewhere`
    total += conter(1); //~ E0013 unknown function `conter`
    total += later(1); //~ E0013 unknown function `later`
    total += printf(1); //~ E0013 unknown function `printf`
    for (int i = 0; i < 3; i++)
    {
        total++;
    }
    total = i; //~ E0012 unknown variable `i`
    {
        int inner = 1;
        total = inner;
    }
    return inner; //~ E0012 unknown variable `inner`
}

int later(int x)
{
    return x;
}
