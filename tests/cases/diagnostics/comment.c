int f(int x)
{
    /* this goes on //~ E0006 this comment never ends
    return x;
}
