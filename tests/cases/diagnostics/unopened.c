int f(int x)
{
    return x;
}
} //~ E0004 this `}` closes nothing
